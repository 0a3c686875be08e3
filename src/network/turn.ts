import type { Clock, Timer, Timers } from '../base/clock.ts'

export interface TurnPorts<Member> {
  readonly clock: Clock
  readonly timers: Timers
  /** These may go on, in a turn that is begun for them. */
  readonly onNext: (postponed: readonly Member[]) => void
}

/** What a connection had in the turn `turn`; kept by Turn. */
export interface TurnMember {
  turn: number
  turnAnswerBytes: number
}

/** Longer than any wake-up that is not an attack, or a client that sent thousands of requests at once. */
const TURN_MAX_MS = 50
/** The clock is looked at once in so many requests. */
const REQUESTS_PER_LOOK = 16

/**
 * What the requests of one turn may take: time, and bytes of answers for each connection. Whatever else has come waits
 * for the next turn, so that timers, the disk and other sockets get theirs, and answers a chance to leave.
 */
export class Turn<Member extends TurnMember> {
  readonly #ports: TurnPorts<Member>
  readonly #answerBytesMax: number
  readonly #postponed = new Set<Member>()
  #number = 0
  #startedMs = 0
  #requestCount = 0
  #isOver = false
  #timer: Timer | null = null

  constructor(answerBytesMax: number, ports: TurnPorts<Member>) {
    this.#answerBytesMax = answerBytesMax
    this.#ports = ports
  }

  begin(nowMs: number): void {
    this.#number += 1
    this.#startedMs = nowMs
    this.#requestCount = 0
    this.#isOver = false
  }

  /** May the next request be handled now? If not, `onNext` names its connection. */
  mayGoOn(member: Member): boolean {
    this.#requestCount += 1
    if (this.#requestCount % REQUESTS_PER_LOOK === 0) {
      this.#isOver ||= this.#ports.clock.monotonicMs() - this.#startedMs >= TURN_MAX_MS
    }
    const isSpent = member.turn === this.#number && member.turnAnswerBytes >= this.#answerBytesMax
    if (!isSpent && !this.#isOver) return true
    this.#postpone(member)
    return false
  }

  answered(member: Member, sizeBytes: number): void {
    if (member.turn !== this.#number) {
      member.turn = this.#number
      member.turnAnswerBytes = 0
    }
    member.turnAnswerBytes += sizeBytes
  }

  close(): void {
    this.#timer?.cancel()
  }

  #postpone(member: Member): void {
    this.#postponed.add(member)
    this.#timer ??= this.#ports.timers.set(0, () => {
      this.#timer = null
      const postponed = [...this.#postponed]
      this.#postponed.clear()
      this.#ports.onNext(postponed)
    })
  }
}
