import {
  type AlterConfigsRequest,
  type AlterConfigsResponseInit,
  alterConfigsCodec,
} from '../../protocol/generated/alter-configs.ts'
import { alterEach } from '../alter-each.ts'
import { defineHandler } from '../handler.ts'

/** CFG-3, the old way: keys that are not named lose their value. */
export const alterConfigs = defineHandler<AlterConfigsRequest, AlterConfigsResponseInit>({
  codec: alterConfigsCodec,
  versions: [0, 2],
  operations: ['ALTER_CONFIGS TOPIC', 'ALTER_CONFIGS CLUSTER'],
  async handle(request, _context, services) {
    const { resources, validateOnly } = request
    const responses = await alterEach(resources, resource =>
      services.metadata.alterConfigs(resource, resource.configs, validateOnly),
    )
    return { responses }
  },
})
