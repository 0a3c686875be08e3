import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { NativeDisk } from '../../src/native/disk.ts'
import { loadNativeBinding } from '../../src/native/load.ts'
import { printLine } from './measure.ts'

const BATCH = new Uint8Array(170)
const REQUESTS = 640
const WAITING = [1, 8, 64]
/** Not the system's temporary directory, which may be memory. */
const PARENT = 'build/bench/data'

/** So many requests wait at a time: one fdatasync for all of them on the queue's thread, beside one for each. */
export async function benchGroupCommit(): Promise<void> {
  mkdirSync(PARENT, { recursive: true })
  const directory = mkdtempSync(`${PARENT}/group-commit-`)
  const disk = new NativeDisk(loadNativeBinding())
  const file = disk.open(`${directory}/segment`, 'create')
  let onSynced = () => {}
  const queue = disk.createQueue(() => onSynced())
  let position = 0
  const append = (count: number) => {
    const batches = Array.from({ length: count }, () => BATCH)
    disk.pwritev(file, batches, position)
    position += count * BATCH.length
  }
  try {
    const eachUs = await wallUsPerRequest(1, async () => {
      append(1)
      disk.fdatasync(file)
    })
    for (const waiting of WAITING) {
      const us = await wallUsPerRequest(waiting, () => {
        append(waiting)
        return new Promise<void>(resolve => {
          onSynced = resolve
          queue.fdatasync(file, 0)
        })
      })
      printLine(`group commit of ${waiting} requests, each`, us, 'fdatasync for each', eachUs)
    }
  } finally {
    queue.close()
    disk.close(file)
    rmSync(directory, { recursive: true })
  }
}

async function wallUsPerRequest(requestsAtATime: number, commit: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  for (let done = 0; done < REQUESTS; done += requestsAtATime) await commit()
  return ((performance.now() - startMs) * 1000) / REQUESTS
}
