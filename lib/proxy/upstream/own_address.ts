/**
 * Which addresses belong to this machine. Pure.
 *
 * @module
 */

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.|0\.0\.0\.0$|::$)/;

/** Link-local addresses, where clouds serve a machine the credentials of its own role. */
const LINK_LOCAL = /^(?:::ffff:)?169\.254\.|^fe[89ab][0-9a-f]:|^fd00:ec2::254$/;

/** Whether a connection to `address`, as the system writes it, stays on this machine. */
export function isLoopbackAddress(address: string): boolean {
  return LOOPBACK.test(address);
}

/**
 * Whether a connection from `local` to `remote` is one to this machine, or to what belongs to it
 * alone. For one to its address in a network, the system chooses that very address at our end.
 */
export function isOwnAddress(remote: string, local: string): boolean {
  return isLoopbackAddress(remote) || LINK_LOCAL.test(remote) || remote === local;
}
