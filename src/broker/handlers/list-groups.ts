import {
  type ListGroupsRequest,
  type ListGroupsResponseInit,
  listGroupsCodec,
} from '../../protocol/generated/list-groups.ts'
import { defineHandler } from '../handler.ts'

/** Every group is of the classic protocol (KIP-848 names the types). */
const GROUP_TYPE = 'classic'

/** GRC-9. Filters of states (KIP-518) and types (KIP-848) ignore case; what no group can be, matches none. */
export const listGroups = defineHandler<ListGroupsRequest, ListGroupsResponseInit>({
  codec: listGroupsCodec,
  versions: [0, 5],
  operations: ['DESCRIBE CLUSTER'],
  handle(request, _context, services) {
    const { errorCode, groups } = services.groups.listGroups()
    const states = new Set(request.statesFilter.map(state => state.toLowerCase()))
    const types = new Set(request.typesFilter.map(type => type.toLowerCase()))
    if (types.size > 0 && !types.has(GROUP_TYPE)) return { errorCode, groups: [] }
    const listed = groups.filter(group => states.size === 0 || states.has(group.groupState.toLowerCase()))
    return {
      errorCode,
      groups: listed.map(({ groupId, protocolType, groupState }) => ({
        groupId,
        protocolType: protocolType ?? '',
        groupState,
        groupType: GROUP_TYPE,
      })),
    }
  },
})
