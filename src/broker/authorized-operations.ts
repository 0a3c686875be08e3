/** What the answer holds when nobody asked (KIP-430). */
export const NOT_ASKED = -2_147_483_648
/** Without an authorizer everybody may do everything that applies to the resource: one bit per operation's code. */
export const ALL_TOPIC_OPERATIONS = 0b1101_1111_1000
export const ALL_CLUSTER_OPERATIONS = 0b1_1111_1010_0000
