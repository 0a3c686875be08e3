import { BrokerUnderTest } from './broker-under-test.ts'
import type { TestedBroker } from './tested-broker.ts'

const CASE_MAX_MS = 90_000

type Case = (broker: TestedBroker) => Promise<void>

/** A check that cannot run here; it counts as not passed. */
export class NotRun extends Error {
  override readonly name = 'NotRun'
}

/**
 * The cases of one client, run one after another on one broker. A line `PASS`, `FAIL` or `NOT RUN` for each, then the
 * total; the exit code is 0 only when all have passed. Words on the command line choose the cases: those whose name has
 * all of them.
 */
export class Suite {
  readonly #name: string
  readonly #cases: { readonly name: string; readonly run: Case }[] = []

  constructor(name: string) {
    this.#name = name
  }

  add(name: string, run: Case): void {
    this.#cases.push({ name, run })
  }

  async run(start: () => Promise<TestedBroker> = () => BrokerUnderTest.start()): Promise<void> {
    const words = process.argv.slice(2).filter(word => !word.startsWith('--'))
    const cases = this.#cases.filter(({ name }) => words.every(word => name.includes(word)))
    if (cases.length === 0) throw new Error(`no case is named with ${words.join(' ')}`)
    const broker = await start()
    const counts = { PASS: 0, FAIL: 0, 'NOT RUN': 0 }
    for (const { name, run } of cases) {
      const { verdict, why } = await judge(run, broker)
      counts[verdict] += 1
      console.log(`${verdict} ${this.#name}: ${name}${why === '' ? '' : `: ${why}`}`)
    }
    await broker.stop()
    console.log(`${this.#name}: ${counts.PASS} passed, ${counts.FAIL} failed, ${counts['NOT RUN']} not run`)
    process.exit(counts.PASS === cases.length ? 0 : 1)
  }
}

async function judge(
  run: Case,
  broker: TestedBroker,
): Promise<{ verdict: 'PASS' | 'FAIL' | 'NOT RUN'; why: string }> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`takes longer than ${CASE_MAX_MS} ms`)), CASE_MAX_MS)
  })
  try {
    await Promise.race([run(broker), timeout])
    return { verdict: 'PASS', why: '' }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { verdict: error instanceof NotRun ? 'NOT RUN' : 'FAIL', why }
  } finally {
    clearTimeout(timer)
  }
}
