import { connect } from 'node:net'
import type { Connect } from '../simulation/client-connection.ts'

const SIZE_PREFIX_BYTES = 4

/** Connections over TCP to this machine, in the shape the simulated clients know. */
export function tcpConnect(port: number): Connect {
  return (onFrame, onClose) => {
    const socket = connect(port, '127.0.0.1')
    let pending = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= SIZE_PREFIX_BYTES) {
        const end = SIZE_PREFIX_BYTES + pending.readInt32BE(0)
        if (pending.length < end) return
        const frame = Uint8Array.from(pending.subarray(SIZE_PREFIX_BYTES, end))
        pending = pending.subarray(end)
        onFrame(frame)
      }
    })
    // A refused or broken connection is what these tests are about; `close` follows and is what counts.
    socket.on('error', () => socket.destroy())
    socket.on('close', onClose)
    return {
      send: frame => {
        const prefix = Buffer.alloc(SIZE_PREFIX_BYTES)
        prefix.writeInt32BE(frame.length)
        socket.write(Buffer.concat([prefix, frame]))
      },
      close: () => socket.destroy(),
    }
  }
}
