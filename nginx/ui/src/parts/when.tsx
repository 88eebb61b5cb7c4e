// A moment: how long ago, and on closer look exactly when.
import { dateTime, relative } from "../base/texts";

export const When = ({ time }: { time: string }) =>
  <time dateTime={time} title={dateTime(time)}>{relative(time)}</time>;

export const Exactly = ({ time }: { time: string }) => <time dateTime={time}>{dateTime(time)}</time>;
