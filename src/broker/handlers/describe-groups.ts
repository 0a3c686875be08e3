import type { GroupMember, GroupState } from '../../coordination/classic-group/group-state.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type DescribeGroupsRequest,
  type DescribeGroupsResponseInit,
  describeGroupsCodec,
} from '../../protocol/generated/describe-groups.ts'
import { describedOnce } from '../described-once.ts'
import { type BrokerServices, defineHandler } from '../handler.ts'

/** An unknown group is an error (KIP-1043); before, it was a dead group without one. */
const GROUP_ID_NOT_FOUND_VERSION = 6
/** READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS, as bits of their codes (KIP-430). */
const GROUP_OPERATIONS = (1 << 3) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 11)
const OPERATIONS_NOT_ASKED = -2147483648
const NO_BYTES = new Uint8Array(0)

type DescribedGroup = NonNullable<DescribeGroupsResponseInit['groups']>[number]
type DescribedMember = NonNullable<DescribedGroup['members']>[number]

/** GRC-9 */
export const describeGroups = defineHandler<DescribeGroupsRequest, DescribeGroupsResponseInit>({
  codec: describeGroupsCodec,
  versions: [0, 6],
  operations: ['DESCRIBE GROUP'],
  handle(request, context, services) {
    const authorizedOperations = request.includeAuthorizedOperations ? GROUP_OPERATIONS : OPERATIONS_NOT_ASKED
    const describe = describedOnce(
      (groupId: string) => groupId,
      (groupId): DescribedGroup => ({
        ...describeGroup(groupId, context.apiVersion, services),
        authorizedOperations,
      }),
    )
    return { groups: request.groups.map(describe) }
  },
})

function describeGroup(groupId: string, apiVersion: number, services: BrokerServices): DescribedGroup {
  const { errorCode, group } = services.groups.describeGroup(groupId)
  if (group !== undefined) return describeKnown(group)
  const nothing = { groupId, protocolType: '', protocolData: '', members: [] }
  if (errorCode !== ErrorCode.NONE) return { ...nothing, errorCode, groupState: '' }
  if (apiVersion < GROUP_ID_NOT_FOUND_VERSION) return { ...nothing, errorCode, groupState: 'Dead' }
  const errorMessage = `Group ${groupId} not found.`
  return { ...nothing, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupState: 'Dead' }
}

/** The protocol and the subscriptions are shown only for a settled generation. */
function describeKnown(group: Readonly<GroupState>): DescribedGroup {
  const protocolName = group.groupState === 'Stable' ? group.protocolName : null
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.groupState,
    protocolType: group.protocolType ?? '',
    protocolData: protocolName ?? '',
    members: Array.from(group.members.values(), member => describeMember(member, protocolName)),
  }
}

function describeMember(member: GroupMember, protocolName: string | null): DescribedMember {
  const { memberId, groupInstanceId, clientId, clientHost, protocols, assignment } = member
  const chosen = protocols.find(protocol => protocol.name === protocolName)
  const memberMetadata = chosen?.metadata ?? NO_BYTES
  return { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment: assignment }
}
