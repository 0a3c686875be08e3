import type { RequestSlot } from '../network/connection.ts'
import { type Frame, frameSizeBytes } from '../network/frame.ts'
import type { RequestContext } from './handler.ts'

/** What the dispatcher does for a request that is being handled. */
export interface RequestOwner {
  respond(request: Request, body: unknown): void
  respondNothing(request: Request): void
  retainFrame(request: Request): void
  releaseFrame(request: Request): void
  closeConnection(request: Request): void
  closeBehindAnswers(request: Request): void
  whenAbandoned(request: Request, callback: () => void): void
}

/** Where a request came in. */
export interface RequestOrigin {
  readonly listenerName: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly principal: string
}

/** One request on its way: what handlers see of it is RequestContext. */
export class Request implements RequestContext {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string
  readonly nowMs: number
  readonly arrivedMs: number
  readonly frameSizeBytes: number
  readonly origin: RequestOrigin
  /** The place of its answer; the dispatcher's. */
  readonly slot: RequestSlot
  /** -1 when the bytes are a copy of the request's own. */
  readonly slabIndex: number
  readonly #owner: RequestOwner

  constructor(
    header: {
      readonly apiKey: number
      readonly apiVersion: number
      readonly correlationId: number
      readonly clientId: string
    },
    origin: RequestOrigin,
    nowMs: number,
    slot: RequestSlot,
    frame: Frame,
    owner: RequestOwner,
  ) {
    this.apiKey = header.apiKey
    this.apiVersion = header.apiVersion
    this.correlationId = header.correlationId
    this.clientId = header.clientId
    this.origin = origin
    this.nowMs = nowMs
    this.slot = slot
    this.slabIndex = frame.slabIndex
    this.arrivedMs = frame.arrivedMs
    this.frameSizeBytes = frameSizeBytes(frame)
    this.#owner = owner
  }

  get listenerName(): string {
    return this.origin.listenerName
  }

  get remoteAddress(): string {
    return this.origin.remoteAddress
  }

  get remotePort(): number {
    return this.origin.remotePort
  }

  get principal(): string {
    return this.origin.principal
  }

  respond(body: unknown): void {
    this.#owner.respond(this, body)
  }

  respondNothing(): void {
    this.#owner.respondNothing(this)
  }

  retainFrame(): void {
    this.#owner.retainFrame(this)
  }

  releaseFrame(): void {
    this.#owner.releaseFrame(this)
  }

  holdConnectionBack(): void {
    this.slot.connection.holdBack()
  }

  letConnectionGoOn(): void {
    this.slot.connection.goOn()
  }

  whenAbandoned(callback: () => void): void {
    this.#owner.whenAbandoned(this, callback)
  }

  closeConnection(): void {
    this.#owner.closeConnection(this)
  }

  closeBehindAnswers(): void {
    this.#owner.closeBehindAnswers(this)
  }
}
