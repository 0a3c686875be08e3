import { encodeRequest, type Request } from './requests.ts'
import { WireReader } from './wire-reader.ts'

/** One end of a simulated connection, as the network gives it to a client. */
export interface ClientSocket {
  /** A frame without its size prefix. */
  send(frame: Uint8Array): void
  close(): void
}

/** Opens a connection to the broker; null when nobody listens. */
export type Connect = (onFrame: (frame: Uint8Array) => void, onClose: () => void) => ClientSocket | null

/** Pairs answers with requests: Kafka answers in order, so one that is out of turn is a mistake of the broker. */
export class ClientConnection {
  readonly #socket: ClientSocket | null
  readonly #waiting: { correlationId: number; onAnswer: (reader: WireReader) => void }[] = []
  readonly #onClose: () => void
  #nextCorrelationId = 1
  #isOpen = true

  /** `onClose` is called once, later than the constructor, for whatever reason the connection ends. */
  constructor(connect: Connect, onClose: () => void) {
    this.#onClose = onClose
    this.#socket = connect(
      frame => this.#receive(frame),
      () => this.close(),
    )
    this.#isOpen = this.#socket !== null
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** No answer comes when the connection ends first. */
  request<Response>(request: Request<Response>, onAnswer: (response: Response) => void): void {
    const correlationId = this.#nextCorrelationId++
    this.#waiting.push({ correlationId, onAnswer: reader => onAnswer(request.decode(reader)) })
    this.#socket?.send(encodeRequest(request, correlationId))
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#waiting.length = 0
    this.#socket?.close()
    this.#onClose()
  }

  #receive(frame: Uint8Array): void {
    if (!this.#isOpen) return
    const reader = new WireReader(frame)
    const next = this.#waiting.shift()
    const correlationId = reader.int32()
    if (next?.correlationId !== correlationId) {
      throw new Error(`answer ${correlationId} instead of ${next?.correlationId}`)
    }
    next.onAnswer(reader)
  }
}
