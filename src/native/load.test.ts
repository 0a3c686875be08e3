import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { loadNativeBinding } from './load.ts'

test('the addon exports exactly what binding.d.ts declares', () => {
  const declarations = readFileSync(new URL('./binding.d.ts', import.meta.url), 'utf8')
  const declared = [...declarations.matchAll(/^export function (\w+)/gm)].map(match => match[1])
  expect(Object.keys(loadNativeBinding()).sort()).toEqual(declared.sort())
})

test('an environment that ends with an open transport takes its sockets with it', async () => {
  const root = JSON.stringify(new URL('../..', import.meta.url).pathname)
  const source = `
    const { parentPort } = require('node:worker_threads')
    const binding = require(require.resolve('node-gyp-build', { paths: [${root}] }))(${root})
    const bytes = { frameSizeMaxBytes: 1e6, requestMemoryMaxBytes: 1e6, sendQueueHighWaterBytes: 1e6 }
    const limits = { ...bytes, connectionsMax: 10 }
    const ignore = () => {}
    const events = { onConnection: ignore, onClose: ignore, onDrain: ignore,
      onFrames: (rows) => { binding.transportRetainSlab(handle, rows[1]); parentPort.postMessage('frame') } }
    const handle = binding.transportOpen(limits, events)
    parentPort.postMessage(binding.transportListen(handle, '127.0.0.1', 0, 0))
  `
  for (let i = 0; i < 3; i += 1) {
    const worker = new Worker(source, { eval: true })
    const port = await new Promise<number>(resolve => worker.once('message', resolve))
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    const ended = new Promise(resolve => socket.once('close', resolve))
    socket.write(Buffer.from([0, 0, 0, 1, 9]))
    socket.resume()
    await new Promise(resolve => worker.once('message', resolve))
    await worker.terminate()
    await ended
  }
})
