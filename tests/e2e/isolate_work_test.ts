import assert from "node:assert/strict";
import { join } from "node:path";
import { FIXTURES, KITS } from "../clients/kits.ts";
import { startApiOrigin } from "../support/api_origin.ts";
import { authsomeCommand, logIn, withUser } from "../support/authsome.ts";
import { findProgram } from "../support/command.ts";
import { openKit, pythonOf } from "../support/client_tools.ts";
import { startForge } from "../support/forge.ts";
import { testIsolated } from "../support/isolation.ts";
import { runInTerminal } from "../support/terminal.ts";

const kit = findProgram("bwrap") && await openKit(KITS.python(), "install");

const WORK = `set -e
git clone -q http://forge.test/repository.git
cat repository/README
cd repository
npm install --silent --no-audit --no-fund --registry http://forge.test/npm/ tiny
node -e 'console.log(require("tiny"))'
git add --all && git -c user.name=a -c user.email=a@example.com commit -q -m "from inside"
git log --format=%s
"$PYTHON" "$SDK" openai https://api.openai.com`;

testIsolated("git", "npm", "node", ...kit === undefined ? ["the OpenAI SDK"] : [])(
  "run --isolate: git clones and commits, npm installs, an SDK is answered",
  async () => {
    assert.ok(kit);
    const [forge, api] = [await startForge(), await startApiOrigin()];
    try {
      await withUser(async (user) => {
        await logIn(user);
        const flags = [
          ...["--isolate", "--connect-to", `forge.test:80:127.0.0.1:${forge.port}`],
          ...["--share", kit, "--share", FIXTURES],
        ];
        const env = { PYTHON: pythonOf(kit), SDK: join(FIXTURES, "python", "sdk.py") };
        const cwd = join(user.folder, "project");
        Deno.mkdirSync(cwd);
        const command = ["run", ...api.flags(user), ...flags, "--", "sh", "-c", WORK];
        const { stdout, stderr } = await user.authsome(command, { cwd, env });
        assert.equal(
          stdout,
          "hello\ntiny\nfrom inside\nfirst\nhello from the stand-in\nhello stream\n",
          stderr,
        );
        assert.equal(Deno.readTextFileSync(join(cwd, "repository", "README")), "hello\n");
      });
    } finally {
      await forge.close();
      await api.close();
    }
  },
);

testIsolated("python3", "vi")(
  "run --isolate: an editor works in the terminal",
  () =>
    withUser(async (user) => {
      const file = join(user.folder, "note.txt");
      const command = [...authsomeCommand(), "run", "--isolate", "--", "vi", "-u", "NONE", file];
      const { code, screen, sane } = await runInTerminal(command, {
        env: user.env,
        steps: [{ wait: "~", send: "iwritten inside\x1b:wq\r" }],
      });
      assert.equal(code, 0, screen);
      assert.ok(sane);
      assert.equal(Deno.readTextFileSync(file), "written inside\n");
    }),
);
