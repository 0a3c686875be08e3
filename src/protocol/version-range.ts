/** No message comes near this version. */
const LAST_VERSION = 32767

/** Versions `first` to `last`, both included; `first > last` is none. */
export interface VersionRange {
  readonly first: number
  readonly last: number
}

/** Reads '3+', '0-12', '8' or 'none'. */
export function parseVersionRange(text: string): VersionRange {
  if (text === 'none') return { first: 1, last: 0 }
  const match = /^(\d+)(\+|-(\d+))?$/.exec(text)
  if (match === null) throw new RangeError(`not a range of versions: ${text}`)
  const first = Number(match[1])
  if (match[2] === '+') return { first, last: LAST_VERSION }
  return { first, last: match[3] === undefined ? first : Number(match[3]) }
}

export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.first && version <= range.last
}
