/** Sets (delayMs ≥ 0) or clears (null) the timer `key`. Setting a key that exists replaces it. */
export interface TimerChange {
  readonly key: string
  readonly delayMs: number | null
}

/** What a coordinator state machine asks its runtime to do. Plain data, so that a test can compare it. */
export interface Decision<Record, Reply> {
  /** State changes, in order. `volatile` ones are applied but never written to the log. */
  readonly records: readonly Record[]
  /** Answers. The runtime sends them once every non-volatile record before them is committed. */
  readonly replies: readonly Reply[]
  /** In order; the last change of a key wins. */
  readonly timers: readonly TimerChange[]
}

export interface StateMachine<Event, Record, Reply> {
  /** Decides what an event means. Reads state, changes nothing, never throws for a bad request. */
  decide(event: Event): Decision<Record, Reply>
  /** The only place where state changes. Also rebuilds the machine from its log after a restart. */
  apply(record: Record): void
}
