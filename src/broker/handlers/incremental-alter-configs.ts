import {
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponseInit,
  incrementalAlterConfigsCodec,
} from '../../protocol/generated/incremental-alter-configs.ts'
import { alterEach } from '../alter-each.ts'
import { defineHandler } from '../handler.ts'

/** CFG-3, key by key (KIP-339). */
export const incrementalAlterConfigs = defineHandler<
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponseInit
>({
  codec: incrementalAlterConfigsCodec,
  versions: [0, 1],
  operations: ['ALTER_CONFIGS TOPIC', 'ALTER_CONFIGS CLUSTER'],
  async handle(request, _context, services) {
    const { resources, validateOnly } = request
    const responses = await alterEach(resources, resource =>
      services.metadata.incrementalAlterConfigs(resource, resource.configs, validateOnly),
    )
    return { responses }
  },
})
