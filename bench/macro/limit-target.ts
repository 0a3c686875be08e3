import { rmSync } from 'node:fs'
import type { Cell, Durability } from './cell.ts'
import { findFreePort, type Started, startChild, stopChild } from './child.ts'
import { makeDataDir } from './data-dir.ts'
import { type Duration, type Endpoint, type Sample, takeSample } from './load-generator.ts'
import type { Target } from './target.ts'

/** The limit program has neither topics nor a warm-up: each sample gets a new process with an empty directory. */
export class LimitTarget implements Target {
  readonly name = 'C++ limit'
  readonly durability: Durability
  readonly isApart = false
  #started: Started | null = null
  #dataDir = ''

  constructor(durability: Durability) {
    this.durability = durability
  }

  async begin(cell: Cell): Promise<Endpoint> {
    const port = await findFreePort()
    this.#dataDir = makeDataDir('limit')
    const options = [
      '--port',
      String(port),
      '--data-dir',
      this.#dataDir,
      '--partitions',
      String(cell.partitions),
    ]
    if (this.durability === 'group') options.push('--group')
    this.#started = await startChild('build/bench/limit', options, port, 'listening')
    return { port, pid: this.#started.pid, topic: 'bench', directory: this.#dataDir }
  }

  sample(at: Endpoint, cell: Cell, duration: Duration): Promise<Sample> {
    return takeSample(at, cell, duration)
  }

  async end(): Promise<void> {
    await this.close()
  }

  async close(): Promise<void> {
    if (this.#started === null) return
    await stopChild(this.#started.child)
    this.#started = null
    rmSync(this.#dataDir, { recursive: true, force: true })
  }
}
