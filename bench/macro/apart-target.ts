import { ottlaProcess } from './broker-process.ts'
import { BrokerTarget } from './broker-target.ts'
import { type Cell, cell } from './cell.ts'
import { type Duration, type Endpoint, type Sample, takeSample } from './load-generator.ts'
import type { Target } from './target.ts'

/** JavaScript is compiled while it runs. */
const WARM_UP: Duration = { warmUpS: 0, measureS: 1.5 }
const WARM_UP_CELL = cell({ name: 'warm-up', connections: 16, recordBytes: 100 })

/** Each sample gets a new broker, already warm: nothing that an earlier one left is in its memory. */
export class ApartTarget implements Target {
  readonly name = 'Ottla'
  readonly durability = 'os'
  readonly isApart = true
  #broker: BrokerTarget | null = null

  async begin(each: Cell): Promise<Endpoint> {
    const broker = await ottlaProcess('os')
    const { pid } = await broker.start()
    this.#broker = new BrokerTarget('Ottla', 'os', broker, pid, '')
    const warm = await this.#broker.begin(WARM_UP_CELL)
    await takeSample(warm, WARM_UP_CELL, WARM_UP)
    await this.#broker.end(warm)
    return this.#broker.begin(each)
  }

  sample(at: Endpoint, each: Cell, duration: Duration): Promise<Sample> {
    return takeSample(at, each, duration)
  }

  async end(): Promise<void> {
    await this.close()
  }

  async close(): Promise<void> {
    await this.#broker?.close()
    this.#broker = null
  }
}
