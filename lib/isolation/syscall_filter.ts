/**
 * The system calls that an isolated child may not make, as a program for the kernel's filter
 * (seccomp, classic BPF).
 *
 * Theory of operation: namespaces hide files, processes and networks, but some doors have no
 * namespace. `ioctl(TIOCSTI)` and `ioctl(TIOCLINUX)` type into the terminal that the child shares
 * with the shell outside, which would run what was typed after the child has ended; a session of its
 * own would close that door too, but take job control with it. Kernel keyrings are inherited.
 * Sockets of unusual families (vsock, for one) reach the machine's host past the network namespace.
 * `io_uring` does what the filter sees as one call; programs know that it may be missing. Programs
 * for another architecture (32 bits) are refused as a whole, as their calls have other numbers.
 *
 * @module
 */

/** Numbers of one architecture (`<asm/unistd.h>`, `<linux/audit.h>`). */
interface Numbers {
  readonly audit: number;
  readonly ioctl: number;
  readonly socket: number;
  /** `add_key`, `request_key`, `keyctl`. */
  readonly keyrings: readonly number[];
}

const ARCHITECTURES: Readonly<Record<typeof Deno.build.arch, Numbers>> = {
  x86_64: { audit: 0xc000003e, ioctl: 16, socket: 41, keyrings: [248, 249, 250] },
  aarch64: { audit: 0xc00000b7, ioctl: 29, socket: 198, keyrings: [217, 218, 219] },
};

/** Offsets in `struct seccomp_data`; of an argument, the lower half, which is all that counts. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const FIRST_ARGUMENT = 16;
const SECOND_ARGUMENT = 24;

const IO_URING_SETUP = 425;
/** Calls of the x32 ABI have this bit; they come with x86-64's own architecture. */
const X32_BIT = 0x40000000;
const TERMINAL_INPUT = [0x5412, 0x541c] as const;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. */
const FAMILIES = [1, 2, 10, 16] as const;

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JGE|BPF_K, BPF_RET|BPF_K. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const FAIL_WITH = 0x00050000;

/** One instruction: code, instructions to skip if true and if false, operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/** The filter as bytes (`struct sock_filter[]`, little-endian), ready for `bwrap --seccomp`. */
export function formatSyscallFilter(arch: typeof Deno.build.arch): Uint8Array<ArrayBuffer> {
  const numbers = ARCHITECTURES[arch];
  return encode([
    [LOAD, 0, 0, ARCHITECTURE],
    [IF_EQUAL, 1, 0, numbers.audit],
    failWith(ENOSYS),
    [LOAD, 0, 0, NUMBER],
    ...when(IF_AT_LEAST, X32_BIT, [failWith(ENOSYS)]),
    ...when(IF_EQUAL, IO_URING_SETUP, [failWith(ENOSYS)]),
    ...numbers.keyrings.flatMap((number) => when(IF_EQUAL, number, [failWith(EPERM)])),
    ...when(IF_EQUAL, numbers.ioctl, [
      [LOAD, 0, 0, SECOND_ARGUMENT],
      ...TERMINAL_INPUT.flatMap((request) => when(IF_EQUAL, request, [failWith(EPERM)])),
      [RETURN, 0, 0, ALLOW],
    ]),
    ...when(IF_EQUAL, numbers.socket, [
      [LOAD, 0, 0, FIRST_ARGUMENT],
      ...FAMILIES.flatMap((family) => when(IF_EQUAL, family, [[RETURN, 0, 0, ALLOW]])),
      failWith(EAFNOSUPPORT),
    ]),
    [RETURN, 0, 0, ALLOW],
  ]);
}

function failWith(error: number): Instruction {
  return [RETURN, 0, 0, FAIL_WITH | error];
}

function when(test: number, operand: number, then: readonly Instruction[]): Instruction[] {
  return [[test, 0, then.length, operand], ...then];
}

function encode(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, ifTrue, ifFalse, operand], index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, operand, true);
  });
  return bytes;
}
