import { assert } from '../base/assert.ts'
import type { DiskJobs } from './disk-jobs.ts'
import type { LateWork } from './late-work.ts'
import type { Log } from './log.ts'
import type { Segment, SegmentEnd } from './segment.ts'

export interface LateSyncsPorts {
  readonly jobs: DiskJobs
  readonly work: LateWork
  /** A segment was synced up to there. */
  readonly onSynced: (log: Log, segment: Segment, end: SegmentEnd) => void
}

/** Syncs segments that are safe already, because the group journal has their bytes: no answer waits for that. */
export class LateSyncs {
  readonly #ports: LateSyncsPorts

  constructor(ports: LateSyncsPorts) {
    this.#ports = ports
  }

  /** Calls `done` when the bytes of a segment in the group journal are safe without it, or are not needed. */
  sync(log: Log, segment: Segment, done: () => void): void {
    this.#ports.work.add({
      begin: onEnd => {
        // One that is deleted must not be opened: that would make it again.
        if (segment.hasUnsyncedBytes && !segment.isGivenUp) return this.#begin(log, segment, done, onEnd)
        done()
        return false
      },
    })
  }

  #begin(log: Log, segment: Segment, done: () => void, onEnd: () => void): boolean {
    assert(segment.isEntrySynced, 'a group journal takes a segment when its entry in the directory is synced')
    const { jobs, work, onSynced } = this.#ports
    const { file, writtenEnd } = segment
    jobs.run(
      (queue, ticket) => queue.fdatasync(file, ticket),
      errno => {
        if (work.isHeard(log, errno)) onSynced(log, segment, writtenEnd)
        if (work.isFailed) return
        done()
        onEnd()
      },
    )
    return true
  }
}
