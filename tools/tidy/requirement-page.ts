/** docs/KAFKA-BEHAVIOUR.md as the rule sees it: the ids of its rows, with their lines, counted from 1. */
export interface RequirementPage {
  readonly path: string
  /** In the tables of what a broker does. */
  readonly described: ReadonlyMap<string, number>
  /** In the list of what is not built yet. */
  readonly unbuilt: ReadonlyMap<string, number>
  /** Ids of a second row in the same list. */
  readonly repeated: ReadonlyMap<string, number>
}

const ROW = /^\| ([A-Z]{2,4}-\d+) \|/
const UNBUILT_HEADING = '## Not built yet'

export function readRequirementPage(path: string, text: string): RequirementPage {
  const described = new Map<string, number>()
  const unbuilt = new Map<string, number>()
  const repeated = new Map<string, number>()
  let list = described
  for (const [index, line] of text.split('\n').entries()) {
    if (line === UNBUILT_HEADING) list = unbuilt
    const id = ROW.exec(line)?.[1]
    if (id === undefined) continue
    if (list.has(id)) repeated.set(id, index + 1)
    else list.set(id, index + 1)
  }
  return { path, described, unbuilt, repeated }
}
