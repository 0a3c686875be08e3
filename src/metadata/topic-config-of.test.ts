import { expect, test } from 'vitest'
import { parseBrokerConfig } from '../config/parse-broker-config.ts'
import { MetadataImage } from './image/metadata-image.ts'
import { topicConfigOf } from './topic-config-of.ts'

test('an internal topic waits for the disk, others follow the broker', () => {
  const parsed = parseBrokerConfig(new Map([['ottla.durability', 'os']]))
  if (!parsed.ok) throw new Error(parsed.problems.join())
  const durabilityOf = (name: string) => topicConfigOf(new MetadataImage(), parsed.config, name).durability
  expect(durabilityOf('__consumer_offsets')).toBe('group')
  expect(durabilityOf('orders')).toBe('os')
})
