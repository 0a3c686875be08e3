import type { GroupCommit } from './group-commit.ts'
import type { GroupJournal } from './group-journal/group-journal.ts'
import type { LateWork } from './late-work.ts'
import type { Log } from './log.ts'
import type { Segment } from './segment.ts'
import type { UnflushedBytes } from './unflushed-bytes.ts'
import type { WriteOut } from './write-out.ts'

export interface FlusherPorts {
  readonly commit: GroupCommit
  readonly writeOut: WriteOut
  readonly lateWork: LateWork
  readonly journal: GroupJournal
  readonly unflushed: UnflushedBytes
}

/**
 * Decides what of a log directory goes to the disk, and when: at once what answers wait for; once much is unflushed,
 * what no answer waits for as well.
 */
export class Flusher {
  readonly #ports: FlusherPorts

  constructor(ports: FlusherPorts) {
    this.#ports = ports
  }

  /** The segment has written bytes that are to be safe; `pump` begins the work. */
  markDirty(log: Log, segment: Segment): void {
    this.#ports.commit.markDirty(log, segment)
  }

  /** The log is going away: nothing of it is synced any more. */
  forget(log: Log): void {
    for (const segment of log.segments) this.forgetSegment(segment)
  }

  forgetSegment(segment: Segment): void {
    const { commit, writeOut, unflushed } = this.#ports
    commit.forget(segment)
    writeOut.forget(segment)
    unflushed.gone(segment.giveUp())
  }

  /** Begins what is due, and tries again what had no descriptor. */
  pump(): void {
    const { commit, writeOut, lateWork, journal, unflushed } = this.#ports
    if (lateWork.isFailed) return
    if (unflushed.isHigh) writeOut.begin()
    lateWork.pump()
    if (commit.isUnderWay) return
    if (unflushed.isHigh) journal.retireFrom(unflushed.highBytes / 2)
    commit.begin()
  }

  /** The directory is fenced: nothing goes to the disk any more. */
  fail(): void {
    const { commit, writeOut, lateWork } = this.#ports
    commit.fail()
    writeOut.fail()
    lateWork.fail()
  }
}
