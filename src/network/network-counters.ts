import type { CloseReason } from '../base/transport.ts'

/** Counted since the start; metrics read them. */
export interface NetworkCounters {
  connectionsOpened: number
  /** Refused by `max.connections.per.ip`. */
  connectionsRefused: number
  framesReceived: number
  wakeUps: number
  idleCloses: number
  /** Connections that sent part of a frame and not the rest. */
  unfinishedFrameCloses: number
  /** Connections with requests that waited for too long in memory that others needed. */
  memoryHolderCloses: number
  readonly closes: Record<CloseReason, number>
}

export function createNetworkCounters(): NetworkCounters {
  return {
    connectionsOpened: 0,
    connectionsRefused: 0,
    framesReceived: 0,
    wakeUps: 0,
    idleCloses: 0,
    unfinishedFrameCloses: 0,
    memoryHolderCloses: 0,
    closes: { peer: 0, owner: 0, 'frame-size': 0, error: 0, 'connection-limit': 0 },
  }
}
