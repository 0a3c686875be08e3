/**
 * Sockets that speak 4-byte length-prefixed frames. The owner is woken once per batch of frames and answers with
 * one `send` at the end of its wake-up. A connection id is never used twice in the life of a transport.
 */
export interface Transport {
  /** Starts accepting; answers the port (useful with port 0). Throws NetworkError (EADDRINUSE, EACCES …). */
  listen(host: string, port: number, listenerId: number): number
  /** Stops accepting on all listeners. Existing connections live on. */
  stopAccepting(): void
  /**
   * Sends in order. Row i stands at `rows[i * SEND_ROW_LENGTH]`:
   * `[connectionId, arenaStart, arenaSizeBytes, file, filePosition, fileSizeBytes]`, file -1 for none. The arena's
   * bytes come before the file's. Bytes are copied or written before `send` returns; rows of closed connections are
   * skipped.
   */
  send(arena: Uint8Array, rows: Float64Array, rowCount: number): void
  /** No further frame of this connection is delivered until `resumeReading`; calls don't nest. */
  pauseReading(connectionId: number): void
  resumeReading(connectionId: number): void
  /** Closes after what has been sent so far has left (`drain`) or at once. `onClose` follows. */
  closeConnection(connectionId: number, drain: boolean): void
  /** Keeps a slab's bytes, and their share of the request memory, alive beyond the wake-up. Counted. */
  retainSlab(slabIndex: number): void
  releaseSlab(slabIndex: number): void
  /**
   * Fills `out` (CONNECTION_STATE_LENGTH numbers) with `[receivedBytes, frameSizeBytes, outBytes, isRead]`: of a
   * frame that has not come completely what is there and how large it will be (0 while unknown), what waits to
   * leave, and 1 unless the connection is held back. False when there is no such connection.
   */
  connectionState(connectionId: number, out: Float64Array): boolean
  /** A connection is not read because others hold the request memory. */
  isShortOfMemory(): boolean
  /** Closes everything; no event is delivered after it has returned. */
  close(): void
}

export const SEND_ROW_LENGTH = 6
export const FRAME_ROW_LENGTH = 4
export const CONNECTION_STATE_LENGTH = 4

export interface TransportOptions {
  /** Largest frame accepted (`socket.request.max.bytes`); a larger or negative size closes the connection. */
  readonly frameSizeMaxBytes: number
  /** Bound of all request bytes held at once (`queued.max.request.bytes`); one larger frame is let in when idle. */
  readonly requestMemoryMaxBytes: number
  readonly connectionsMax: number
  /** Bytes waiting to leave on one connection above which it is not read any more. */
  readonly sendQueueHighWaterBytes: number
}

export interface TransportEvents {
  onConnection(connectionId: number, listenerId: number, remoteAddress: string, remotePort: number): void
  /**
   * Whole frames (without their size prefix), in the order of arrival per connection. Row i at
   * `rows[i * FRAME_ROW_LENGTH]`: `[connectionId, slabIndex, start, sizeBytes]`; `slabs[slabIndex]` holds the bytes,
   * valid until this call returns unless the slab is retained. The call is the wake-up: send answers before it returns.
   */
  onFrames(rows: Int32Array, count: number, slabs: readonly (Uint8Array | undefined)[]): void
  onClose(connectionId: number, reason: CloseReason): void
  /** What had been sent on a connection that was over its high water has left. */
  onDrain(connectionId: number): void
}

/** Why a connection ended. */
export type CloseReason = 'peer' | 'owner' | 'frame-size' | 'error' | 'connection-limit'

/** The network refused. `code` is errno's name. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
