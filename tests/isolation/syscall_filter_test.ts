import assert from "node:assert/strict";
import { formatSyscallFilter } from "../../lib/isolation/syscall_filter.ts";

interface Call {
  readonly arch: number;
  readonly number: number;
  readonly args?: readonly [number, number];
}

/** What the kernel would do: the instructions that the filter uses (`bpf(4)`). */
function decide(program: Uint8Array, call: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.arch, true);
  call.args?.forEach((arg, index) => data.setBigUint64(16 + index * 8, BigInt(arg), true));
  const view = new DataView(program.buffer);
  let loaded = 0;
  for (let at = 0;; at += 8) {
    const [code, operand] = [view.getUint16(at, true), view.getUint32(at + 4, true)];
    if (code === 0x06) return operand;
    if (code === 0x20) loaded = data.getUint32(operand, true);
    else {
      assert.ok(code === 0x15 || code === 0x35, `unknown instruction ${code}`);
      const isTrue = code === 0x15 ? loaded === operand : loaded >= operand;
      at += 8 * view.getUint8(at + (isTrue ? 2 : 3));
    }
  }
}

const ALLOW = 0x7fff0000;
const fail = (error: number): number => 0x00050000 | error;

const CASES:
  readonly (readonly [name: string, call: Omit<Call, "arch">, arm: number, want: number])[] = [
    ["read", { number: 0 }, 63, ALLOW],
    ["execve", { number: 59 }, 221, ALLOW],
    ["ptrace", { number: 101 }, 117, ALLOW],
    ["ioctl(TCGETS)", { number: 16, args: [0, 0x5401] }, 29, ALLOW],
    ["ioctl(TIOCSTI)", { number: 16, args: [0, 0x5412] }, 29, fail(1)],
    ["ioctl(TIOCSTI) with more above", { number: 16, args: [0, 0x5412 + 2 ** 40] }, 29, fail(1)],
    ["ioctl(TIOCLINUX)", { number: 16, args: [0, 0x541c] }, 29, fail(1)],
    ["socket(AF_UNIX)", { number: 41, args: [1, 1] }, 198, ALLOW],
    ["socket(AF_INET)", { number: 41, args: [2, 1] }, 198, ALLOW],
    ["socket(AF_INET6)", { number: 41, args: [10, 1] }, 198, ALLOW],
    ["socket(AF_NETLINK)", { number: 41, args: [16, 3] }, 198, ALLOW],
    ["socket(AF_PACKET)", { number: 41, args: [17, 3] }, 198, fail(97)],
    ["socket(AF_VSOCK)", { number: 41, args: [40, 1] }, 198, fail(97)],
    ["add_key", { number: 248 }, 217, fail(1)],
    ["request_key", { number: 249 }, 218, fail(1)],
    ["keyctl", { number: 250 }, 219, fail(1)],
    ["io_uring_setup", { number: 425 }, 425, fail(38)],
  ];

const X86_64 = 0xc000003e;
const AARCH64 = 0xc00000b7;

for (const [name, call, arm, want] of CASES) {
  Deno.test(`the syscall filter ${want === ALLOW ? "allows" : "refuses"} ${name}`, () => {
    const x86 = decide(formatSyscallFilter("x86_64"), { ...call, arch: X86_64 });
    const aarch = decide(formatSyscallFilter("aarch64"), { ...call, number: arm, arch: AARCH64 });
    assert.deepEqual([x86, aarch], [want, want]);
  });
}

Deno.test("the syscall filter refuses calls of other architectures and ABIs", () => {
  const filter = formatSyscallFilter("x86_64");
  const i386 = 0x40000003;
  assert.equal(decide(filter, { arch: i386, number: 3 }), fail(38));
  assert.equal(decide(filter, { arch: X86_64, number: 0x40000000 + 514 }), fail(38));
  assert.equal(decide(formatSyscallFilter("aarch64"), { arch: X86_64, number: 0 }), fail(38));
});
