/** No descriptor is left, of this process or of the machine. */
export const DESCRIPTOR_SHORTAGES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE'])
/** A call that was refused with one of these says nothing about the disk: no room, or no descriptor to do it with. */
export const PASSING_REFUSALS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', ...DESCRIPTOR_SHORTAGES])
