// A permission's code, which may break after its colons.
import { Fragment } from "preact";

export const Code = ({ text }: { text: string }) => (
  <code>{text.split(":").map((part, i) => <Fragment key={i}>{i > 0 && <>:<wbr /></>}{part}</Fragment>)}</code>);
