import { readCorpus } from "./corpus.ts";
import { fuzz, replay } from "./run.ts";
import { TARGETS } from "./targets.ts";

for (const target of TARGETS) {
  Deno.test(`${target.name} holds for every kept input and half a second of new ones`, async () => {
    const corpus = readCorpus(target.name);
    await replay(target, corpus);
    await fuzz(target, { seed: 20_260_101, duration: 500, corpus });
  });
}
