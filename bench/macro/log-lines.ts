const SERVICES = ['checkout', 'inventory', 'payments', 'search', 'session', 'shipping'] as const
const LEVELS = ['INFO ', 'INFO ', 'INFO ', 'DEBUG', 'WARN '] as const
const ACTIONS = [
  'order accepted',
  'stock reserved',
  'card authorised',
  'query answered from cache',
  'session renewed',
  'parcel handed over',
] as const
const START_MS = Date.UTC(2026, 0, 1)

/** Numbers that look random and are the same each time: what is measured must not change between runs. */
class Sequence {
  #state = 1

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * limit)
  }
}

/** Lines as services write them, joined and cut to records of the given size. */
export function logRecords(recordCount: number, recordBytes: number): Uint8Array[] {
  const sequence = new Sequence()
  const encoder = new TextEncoder()
  let nowMs = START_MS
  return Array.from({ length: recordCount }, () => {
    let text = ''
    while (text.length < recordBytes) {
      nowMs += sequence.below(40)
      text += `${logLine(sequence, nowMs)}\n`
    }
    return encoder.encode(text.slice(0, recordBytes))
  })
}

function logLine(sequence: Sequence, nowMs: number): string {
  const kind = sequence.below(SERVICES.length)
  const level = LEVELS[sequence.below(LEVELS.length)]
  const trace = hex(sequence) + hex(sequence)
  const customer = `customer=${sequence.below(900_000)} amount=${sequence.below(50_000) / 100}`
  const thread = `[worker-${sequence.below(16)}]`
  const what = `${SERVICES[kind]} ${ACTIONS[kind]} ${customer} took=${sequence.below(400)}ms`
  return `${new Date(nowMs).toISOString()} ${level} ${thread} ${what} trace=${trace}`
}

function hex(sequence: Sequence): string {
  return sequence
    .below(2 ** 32)
    .toString(16)
    .padStart(8, '0')
}
