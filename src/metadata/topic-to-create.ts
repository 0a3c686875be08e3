import type { BrokerConfig } from '../config/broker-config.ts'
import type { TopicToCreate } from './controller/decide-create-topic.ts'

/** The topic to create on first use: with as many replicas as there are live brokers, if fewer than configured. */
export function topicToCreate(name: string, config: BrokerConfig, liveBrokerCount: number): TopicToCreate {
  if (name !== '__consumer_offsets') {
    return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
  }
  return {
    name,
    numPartitions: config.offsetsTopicPartitionCount,
    replicationFactor: Math.min(config.offsetsTopicReplicationFactor, liveBrokerCount),
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: `${config.offsetsTopicSegmentSizeBytes}` },
    ],
  }
}
