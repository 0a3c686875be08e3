import type { ConfigLayers } from '../config/config-layers.ts'
import type { MetadataImage } from './image/metadata-image.ts'
import { ResourceType } from './metadata-record.ts'

/** Where the values of this broker's keys, and of a topic's when one is named, come from. */
export function configLayersOf(
  image: MetadataImage,
  broker: { readonly nodeId: number; readonly staticEntries: ReadonlyMap<string, string> },
  topicName?: string,
): ConfigLayers {
  return {
    topic: topicName === undefined ? undefined : image.configs(ResourceType.TOPIC, topicName),
    dynamicBroker: image.configs(ResourceType.BROKER, `${broker.nodeId}`),
    dynamicDefaultBroker: image.configs(ResourceType.BROKER, ''),
    staticBroker: broker.staticEntries,
  }
}
