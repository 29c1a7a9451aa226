import type { SystemCalls } from './system-calls.ts'

/** Classic BPF, as `linux/filter.h` and `linux/seccomp.h` have it. */
const loadWord = 0x20
const jumpIfEqual = 0x15
const jumpIfAtLeast = 0x35
const jumpIfBitsSet = 0x45
const answer = 0x06

const allow = 0x7fff_0000
const killProcess = 0x8000_0000
const errno = (number: number): number => 0x0005_0000 + number

const operationNotPermitted = errno(1)
const noSuchCall = errno(38)
const noSuchAddressFamily = errno(97)

/** Where the data of a call has its number, the architecture and the low halves of the first two arguments. */
const numberAt = 0
const architectureAt = 4
const firstArgumentAt = 16
const secondArgumentAt = 24

/** Every `CLONE_NEW…` that `clone` takes: mount, cgroup, uts, ipc; user, pid, network. */
const namespaceFlags = 0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x7000_0000

/** Requests that put characters into a terminal: `TIOCSTI`, `TIOCLINUX`. */
const terminalRequests = [0x5412, 0x541c]

/** Address families that code may open sockets of: unix, inet, inet6, netlink. Some others reach past namespaces. */
const addressFamilies = [1, 2, 10, 16]

/**
 * The filter of system calls that all code in a sandbox runs under, in the form that the kernel and `bwrap --seccomp`
 * take. Whatever could make namespaces, mounts or kernel objects, or look into other processes, is answered with EPERM;
 * `clone3` with ENOSYS, because its flags cannot be seen, so that libraries fall back to `clone`. All else is allowed.
 */
export function seccompFilter(calls: SystemCalls): Uint8Array {
  const program = new Program()
  program.add(loadWord, architectureAt)
  program.skipIf(jumpIfEqual, calls.audit, 1)
  program.add(answer, killProcess)
  program.add(loadWord, numberAt)
  if (calls.foreignFrom !== undefined) program.answerIf(jumpIfAtLeast, calls.foreignFrom, noSuchCall)
  for (const number of calls.refused) program.answerIf(jumpIfEqual, number, operationNotPermitted)
  program.answerIf(jumpIfEqual, calls.clone3, noSuchCall)

  program.skipUnless(jumpIfEqual, calls.clone, 4)
  program.add(loadWord, firstArgumentAt)
  program.answerIf(jumpIfBitsSet, namespaceFlags, operationNotPermitted)
  program.add(answer, allow)

  program.skipUnless(jumpIfEqual, calls.ioctl, 2 + 2 * terminalRequests.length)
  program.add(loadWord, secondArgumentAt)
  for (const request of terminalRequests) program.answerIf(jumpIfEqual, request, operationNotPermitted)
  program.add(answer, allow)

  program.skipUnless(jumpIfEqual, calls.socket, 2 + 2 * addressFamilies.length)
  program.add(loadWord, firstArgumentAt)
  for (const family of addressFamilies) program.answerIf(jumpIfEqual, family, allow)
  program.add(answer, noSuchAddressFamily)

  program.add(answer, allow)
  return program.bytes()
}

/** Instructions of eight bytes, in the byte order of the machine: both known architectures are little-endian. */
class Program {
  readonly #instructions: Buffer[] = []

  add(code: number, value: number, whenTrue = 0, whenFalse = 0): void {
    const instruction = Buffer.alloc(8)
    instruction.writeUInt16LE(code, 0)
    instruction.writeUInt8(whenTrue, 2)
    instruction.writeUInt8(whenFalse, 3)
    instruction.writeUInt32LE(value >>> 0, 4)
    this.#instructions.push(instruction)
  }

  skipIf(test: number, value: number, count: number): void {
    this.add(test, value, count, 0)
  }

  skipUnless(test: number, value: number, count: number): void {
    this.add(test, value, 0, count)
  }

  answerIf(test: number, value: number, verdict: number): void {
    this.skipUnless(test, value, 1)
    this.add(answer, verdict)
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#instructions)
  }
}
