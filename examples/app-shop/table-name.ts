/** The table of notifications; `SHOP_TABLE` names another one, for two runs at once. */
export function tableName({ SHOP_TABLE = 'example_notifications' }: NodeJS.ProcessEnv): string {
  if (!/^[a-z_]{1,63}$/.test(SHOP_TABLE)) throw new Error('SHOP_TABLE has 1 to 63 small letters and _')
  return SHOP_TABLE
}
