import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Cell } from './cell.ts'
import { type Duration, type Sample, touchMemory } from './load-generator.ts'
import type { Progress } from './progress.ts'
import { type Target, type TargetName, takesPart } from './target.ts'

/** With more the kernel writes back so eagerly that the next sample would pay for the last one. */
const DIRTY_QUIET_KIB = 64 * 1024
/** As much as a sample writes; see touch-memory.h. More would be taken back by the host before it is used. */
const TOUCHED_MAX_MIB = 1_500
const SYNC_MAX_MS = 120_000
const run = promisify(execFile)

export interface CellResult {
  readonly cell: Cell
  readonly samples: Map<TargetName, Sample[]>
}

/** Every round visits every cell and every target, so that a busy minute of the machine hits all of them. */
export async function measure(
  cells: readonly Cell[],
  targets: readonly Target[],
  rounds: number,
  duration: Duration,
  progress: Progress,
): Promise<CellResult[]> {
  const results = cells.map(cell => ({ cell, samples: new Map<TargetName, Sample[]>() }))
  for (let round = 0; round < rounds; round += 1) {
    for (const { cell, samples } of results) {
      const able = targets.filter(target => takesPart(target, cell))
      for (const target of rotated(able, round)) {
        const sample = await sampleOf(target, cell, duration)
        samples.set(target.name, [...(samples.get(target.name) ?? []), sample])
        progress.step(
          `${cell.name}, ${target.name}: ${sample.megabytesPerS} MB/s, ${sample.brokerCpuUsPerRequest} us`,
        )
      }
    }
  }
  return results
}

export async function sampleOf(target: Target, cell: Cell, duration: Duration): Promise<Sample> {
  await settle()
  const at = await target.begin(cell)
  try {
    return await target.sample(at, cell, duration)
  } finally {
    await target.end(at)
  }
}

/** So that nobody is always first. */
function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

/** What the last sample wrote is on the disk, and there is memory that the host need not find first. */
async function settle(): Promise<void> {
  if (dirtyKiB() > DIRTY_QUIET_KIB) await run('sync', [], { timeout: SYNC_MAX_MS })
  const [availableKiB = 0] = memoryKiB(['MemAvailable'])
  await touchMemory(Math.min(TOUCHED_MAX_MIB, Math.floor(availableKiB / 1024 / 4)))
}

function dirtyKiB(): number {
  return memoryKiB(['Dirty', 'Writeback']).reduce((sum, each) => sum + each, 0)
}

function memoryKiB(names: readonly string[]): number[] {
  const text = readFileSync('/proc/meminfo', 'utf8')
  return names.map(name => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0))
}
