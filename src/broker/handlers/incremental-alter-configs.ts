import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponseInit,
  incrementalAlterConfigsCodec,
} from '../../protocol/generated/incremental-alter-configs.ts'
import { defineHandler } from '../handler.ts'
import { repeatedResources } from '../repeated-resources.ts'

/** CFG-3, key by key (KIP-339). */
export const incrementalAlterConfigs = defineHandler<
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponseInit
>({
  codec: incrementalAlterConfigsCodec,
  versions: [0, 1],
  operations: ['ALTER_CONFIGS TOPIC', 'ALTER_CONFIGS CLUSTER'],
  async handle(request, _context, services) {
    const repeated = repeatedResources(request.resources)
    const responses = request.resources.map(async resource => {
      const { resourceType, resourceName } = resource
      if (repeated.has(resource)) {
        const errorMessage = 'Each resource must appear at most once.'
        return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage, resourceType, resourceName }
      }
      const result = await services.metadata.incrementalAlterConfigs(
        resource,
        resource.configs,
        request.validateOnly,
      )
      if (result.ok) return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName }
      const { errorCode, errorMessage } = result
      return { errorCode, errorMessage, resourceType, resourceName }
    })
    return { responses: await Promise.all(responses) }
  },
})
