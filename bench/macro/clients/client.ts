export interface ClientRun {
  readonly bootstrap: string
  readonly topic: string
  readonly records: number
  /** Records of log lines, for whoever reads them from a file. */
  readonly payloadFile: string
  readonly payloadDelimiter: string
}

export interface ClientFigures {
  readonly recordsPerS: number
  /** Null when the client does not tell. */
  readonly p99Ms: number | null
}

/** A foreign client in a process of its own. */
export interface Client {
  readonly name: string
  /** Its program comes with Apache Kafka. */
  readonly needsKafka: boolean
  run(run: ClientRun): Promise<ClientFigures>
}
