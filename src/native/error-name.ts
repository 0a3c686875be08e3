import { constants } from 'node:os'

/** errno's name. From the system's own table: libuv's has no EDQUOT. */
export function errorName(errno: number): string {
  const entry = Object.entries(constants.errno).find(([, number]) => number === errno)
  return entry?.[0] ?? `errno ${errno}`
}
