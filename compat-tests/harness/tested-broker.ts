/** What the cases of a suite know of the broker they run on. */
export interface TestedBroker {
  readonly bootstrap: string
  /** False for a broker that is not ours to stop. */
  readonly isOurs: boolean
  /** Where its log lies; null when nobody knows. */
  readonly dataDir: string | null
  /** SIGKILL and a new start on the same data. */
  killAndRestart(): Promise<void>
  stop(): Promise<void>
}
