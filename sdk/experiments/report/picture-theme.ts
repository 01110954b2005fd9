// What a picture looks like on whatever it is shown.

/** What a picture is drawn with and on. */
export interface PictureTheme {
  /** Of texts and axes. @default #1f2328 */
  readonly ink: string;
  /** `transparent` for none. @default #ffffff */
  readonly ground: string;
  /** As CSS has it. @default system-ui, sans-serif */
  readonly font: string;
}
