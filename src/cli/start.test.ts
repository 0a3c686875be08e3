import { expect, test, vi } from 'vitest'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { CommandEnvironment } from './command-environment.ts'
import { createProgram } from './create-program.ts'

async function run(args: readonly string[], parts: Partial<CommandEnvironment> = {}) {
  const seen = { lines: [] as string[], errors: [] as string[], exits: [] as number[] }
  const configs: BrokerConfig[] = []
  let signal = () => {}
  const environment: CommandEnvironment = {
    version: '1.2.3',
    launchBroker: async config => {
      configs.push(config)
      return { bootstrapServers: 'localhost:9092', close: async () => {} }
    },
    readFile: () => 'num.partitions=3',
    print: line => seen.lines.push(line),
    printError: line => seen.errors.push(line),
    monotonicMs: () => 0,
    onStopSignal: callback => {
      signal = callback
    },
    exit: code => seen.exits.push(code),
    ...parts,
  }
  await createProgram(environment).parseAsync([...args], { from: 'user' })
  return { ...seen, config: configs[0], signal: () => signal() }
}

test('start listens on loopback and says so in one line', async () => {
  const { lines, errors, config } = await run(['start'])
  expect(errors).toEqual([])
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('listening on localhost:9092, data in ./data, durability group, started in 0 ms')
  expect(config!.listeners[0]).toMatchObject({ host: 'localhost', port: 9092 })
  expect(config!.advertisedListeners[0]).toMatchObject({ host: 'localhost', port: 9092 })
})

test('the options win over the overrides, and these over the file', async () => {
  const args = [
    'start',
    'f',
    '--override',
    'num.partitions=5',
    '--override',
    'log.dirs=/a',
    '--data-dir',
    '/b',
  ]
  const { config } = await run([...args, '--port', '0'])
  expect(config).toMatchObject({ partitionCount: 5, logDirs: ['/b'], advertisedListeners: [] })
})

test.each([
  [['start', '--override', 'num.partitions=none'], 'num.partitions'],
  [['start', '--override', 'x'], 'key=value'],
  [['start', '--port', '99999'], '65535'],
])('a bad value is one line and exit 1: %j', async (args, part) => {
  const { errors, exits } = await run(args)
  expect(exits).toEqual([1])
  expect(errors[0]).toContain(part)
})

test('a broker that cannot start is one line without a stack', async () => {
  const launchBroker = () => Promise.reject(new Error('port 9092 is in use\n  at x'))
  const { errors, exits } = await run(['start'], { launchBroker })
  expect(errors).toEqual(['ottla: port 9092 is in use'])
  expect(exits).toEqual([1])
})

test('the first signal stops cleanly, the second at once', async () => {
  const close = () => new Promise<void>(() => {})
  const result = await run(['start'], { launchBroker: async () => ({ bootstrapServers: '', close }) })
  result.signal()
  expect(result.exits).toEqual([])
  result.signal()
  expect(result.exits).toEqual([1])
})

test('a signal in the moment of the listening line is a clean stop', async () => {
  let signal: (() => void) | null = null
  const lines: string[] = []
  await run(['start'], {
    onStopSignal: callback => {
      signal = callback
    },
    print: line => {
      lines.push(line)
      if (line.includes('listening')) signal?.()
    },
  })
  await vi.waitFor(() => expect(lines.at(-1)).toBe('ottla stopped'))
})

test('a signal during the start stops the broker once it has started', async () => {
  let signal = () => {}
  const lines: string[] = []
  const exits: number[] = []
  await run(['start'], {
    onStopSignal: callback => {
      signal = callback
    },
    launchBroker: async () => {
      signal()
      return { bootstrapServers: 'localhost:9092', close: async () => {} }
    },
    print: line => lines.push(line),
    exit: code => exits.push(code),
  })
  await vi.waitFor(() => expect(exits).toEqual([0]))
  expect(lines.at(-1)).toBe('ottla stopped')
})

test('a start that fails behind a signal says why, and nothing of a stop', async () => {
  let signal = () => {}
  const { lines, errors, exits } = await run(['start'], {
    onStopSignal: callback => {
      signal = callback
    },
    launchBroker: async () => {
      await Promise.resolve()
      signal()
      throw new Error('no port')
    },
  })
  expect([lines, errors, exits]).toEqual([[], ['ottla: no port'], [1]])
})
