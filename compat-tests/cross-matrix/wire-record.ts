const SHOWN_MAX_CHARS = 160

/** A record as the drivers exchange it, one JSON line each: bytes in base64. */
export interface WireRecord {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export function parseRecords(text: string): WireRecord[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as WireRecord)
}

export function formatRecords(records: readonly WireRecord[]): string {
  return records.map(record => `${JSON.stringify(record)}\n`).join('')
}

/** Where two lists of records differ first, in words; null when they are the same. */
export function firstDifference(
  expected: readonly WireRecord[],
  found: readonly WireRecord[],
): string | null {
  const index = expected.findIndex((record, at) => at < found.length && lineOf(record) !== lineOf(found[at]!))
  if (index >= 0) return `record ${index} is ${shortly(found[index]!)}, not ${shortly(expected[index]!)}`
  return expected.length === found.length ? null : `${found.length} records, not ${expected.length}`
}

function lineOf({ key, value, headers }: WireRecord): string {
  return JSON.stringify({ key, value, headers })
}

function shortly(record: WireRecord): string {
  const line = lineOf(record)
  return line.length > SHOWN_MAX_CHARS ? `${line.slice(0, SHOWN_MAX_CHARS)}...` : line
}
