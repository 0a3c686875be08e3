import type { Decision, TimerChange } from '../state-machine.ts'
import { applyGroupRecord } from './apply-group-record.ts'
import type { GroupReply } from './group-event.ts'
import type { GroupRecord } from './group-record.ts'
import { copyGroupState, type GroupState } from './group-state.ts'

/**
 * A decision being made: a copy of the group to which each record is applied as it is added, so that the next step
 * of the same decision sees it. The group itself is not touched.
 */
export class GroupDraft {
  readonly state: GroupState
  readonly #records: GroupRecord[] = []
  readonly #replies: GroupReply[] = []
  readonly #timers: TimerChange[] = []

  constructor(state: GroupState) {
    this.state = copyGroupState(state)
  }

  add(record: GroupRecord): void {
    applyGroupRecord(this.state, record)
    this.#records.push(record)
  }

  reply(reply: GroupReply): void {
    this.#replies.push(reply)
  }

  setTimer(key: string, delayMs: number): void {
    this.#timers.push({ key, delayMs })
  }

  clearTimer(key: string): void {
    this.#timers.push({ key, delayMs: null })
  }

  decision(): Decision<GroupRecord, GroupReply> {
    return { records: this.#records, replies: this.#replies, timers: this.#timers }
  }
}
