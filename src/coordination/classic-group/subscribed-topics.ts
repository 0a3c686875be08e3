import { type GroupMember, type GroupState, metadataFor } from './group-state.ts'

/** Protocol type of consumers, whose metadata and assignments have a known format. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer'

/**
 * Every topic that a member of a consumer group is subscribed to; null when that cannot be known: another protocol,
 * no generation yet, or metadata in a format of the client's own.
 */
export function subscribedTopics(group: Readonly<GroupState>): ReadonlySet<string> | null {
  if (group.protocolType !== CONSUMER_PROTOCOL_TYPE) return null
  const topics = new Set<string>()
  if (group.members.size > 0 && group.protocolName === null) return null
  for (const member of group.members.values()) {
    const names = topicsOf(member, group.protocolName)
    if (names === null) return null
    for (const name of names) topics.add(name)
  }
  return topics
}

/** A group whose subscriptions cannot be read counts as subscribed to everything, if it is one of consumers. */
export function isSubscribedTo(
  group: Readonly<GroupState>,
  subscribed: ReadonlySet<string> | null,
  topic: string,
): boolean {
  return subscribed === null ? group.protocolType === CONSUMER_PROTOCOL_TYPE : subscribed.has(topic)
}

/**
 * The start of ConsumerProtocolSubscription, common to all its versions:
 *
 *     int16 version, int32 count of topics, per topic: int16 length, UTF-8 name
 */
function topicsOf(member: GroupMember, protocolName: string | null): string[] | null {
  const bytes = metadataFor(member, protocolName)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6) return null
  const count = view.getInt32(2)
  const names: string[] = []
  const decoder = new TextDecoder()
  let position = 6
  for (let index = 0; index < count; index++) {
    if (position + 2 > bytes.length) return null
    const sizeBytes = view.getInt16(position)
    position += 2
    if (sizeBytes < 0 || position + sizeBytes > bytes.length) return null
    names.push(decoder.decode(bytes.subarray(position, position + sizeBytes)))
    position += sizeBytes
  }
  return names
}
