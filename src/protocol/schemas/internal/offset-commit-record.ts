import { int32, int64, message, string, uuid } from '../../schema.ts'

export const OffsetCommitKey = message({
  kind: 'data',
  name: 'OffsetCommitKey',
  versions: '0-1',
  flexible: 'none',
  about: 'Names a committed offset, in __consumer_offsets. Versions 0 and 1 are the same.',
  fields: {
    group: string('0+'),
    topic: string('0+'),
    partition: int32('0+'),
  },
})

export const OffsetCommitValue = message({
  kind: 'data',
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexible: '4+',
  about: 'The committed offset of one partition, in __consumer_offsets.',
  fields: {
    offset: int64('0+'),
    leaderEpoch: int32('3+', { default: -1, ignorable: true }),
    metadata: string('0+'),
    commitTimestamp: int64('0+', { saturating: true }),
    expireTimestamp: int64('1', { default: -1, ignorable: true, saturating: true }),
    topicId: uuid('4+', { tag: 0, ignorable: true }),
  },
})
