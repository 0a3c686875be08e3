import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type DeleteGroupsRequest,
  type DeleteGroupsResponseInit,
  deleteGroupsCodec,
} from '../../protocol/generated/delete-groups.ts'
import { defineHandler } from '../handler.ts'

/** GRC-10. Each group is answered on its own; a name sent twice is one group. */
export const deleteGroups = defineHandler<DeleteGroupsRequest, DeleteGroupsResponseInit>({
  codec: deleteGroupsCodec,
  versions: [0, 2],
  operations: ['DELETE GROUP'],
  async handle(request, _context, services) {
    const groupIds = [...new Set(request.groupsNames)]
    const errorCodes = await services.groups.deleteGroups(groupIds)
    return {
      results: groupIds.map((groupId, index) => ({
        groupId,
        errorCode: errorCodes[index] ?? ErrorCode.NONE,
      })),
    }
  },
})
