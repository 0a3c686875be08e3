import type { BrokerConfig } from '../config/broker-config.ts'
import { effectiveTopicConfig } from '../config/config-layers.ts'
import type { TopicConfig } from '../config/topic-config.ts'
import { configLayersOf } from './config-layers-of.ts'
import { isInternalTopic, type MetadataImage } from './image/metadata-image.ts'

/** The settings in force for a topic. Internal topics always wait for the disk, whatever the broker's durability. */
export function topicConfigOf(image: MetadataImage, config: BrokerConfig, topicName: string): TopicConfig {
  const effective = effectiveTopicConfig(configLayersOf(image, config, topicName))
  return isInternalTopic(topicName) ? { ...effective, durability: 'group' } : effective
}
