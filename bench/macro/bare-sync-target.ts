import { rmSync } from 'node:fs'
import type { Cell } from './cell.ts'
import { makeDataDir } from './data-dir.ts'
import { type Duration, type Endpoint, type Sample, takeSyncSample } from './load-generator.ts'
import type { Target } from './target.ts'

/** What the disk alone takes: no broker, a file that is written and synced. */
export class BareSyncTarget implements Target {
  readonly name = 'fdatasync alone'
  readonly durability = 'group'
  readonly isApart = false

  async begin(): Promise<Endpoint> {
    return { port: 0, pid: 0, topic: '', directory: makeDataDir('sync') }
  }

  sample(at: Endpoint, cell: Cell, duration: Duration): Promise<Sample> {
    return takeSyncSample(at, cell, duration)
  }

  async end(at: Endpoint): Promise<void> {
    rmSync(at.directory, { recursive: true, force: true })
  }

  async close(): Promise<void> {}
}
