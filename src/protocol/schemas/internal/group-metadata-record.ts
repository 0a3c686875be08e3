import { array, bytes, int32, int64, message, string, struct } from '../../schema.ts'

export const GroupMetadataKey = message({
  kind: 'data',
  name: 'GroupMetadataKey',
  versions: '2',
  flexible: 'none',
  about: 'Names a classic group, in __consumer_offsets.',
  fields: {
    group: string('0+'),
  },
})

export const GroupMetadataValue = message({
  kind: 'data',
  name: 'GroupMetadataValue',
  versions: '0-4',
  flexible: '4+',
  about: 'One generation of a classic group, in __consumer_offsets.',
  fields: {
    protocolType: string('0+'),
    generation: int32('0+'),
    protocol: string('0+', { nullable: '0+' }),
    leader: string('0+', { nullable: '0+' }),
    currentStateTimestamp: int64('2+', { default: -1, ignorable: true }),
    members: array(
      struct('MemberMetadata', {
        memberId: string('0+'),
        groupInstanceId: string('3+', { nullable: '3+', default: null, ignorable: true }),
        clientId: string('0+'),
        clientHost: string('0+'),
        rebalanceTimeout: int32('1+', { default: -1, ignorable: true }),
        sessionTimeout: int32('0+'),
        subscription: bytes('0+'),
        assignment: bytes('0+'),
      }),
      '0+',
    ),
  },
})
