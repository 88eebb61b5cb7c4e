// A view's title, which in the window's says whose administration it is.
import { Title as ViewTitle } from "../parts/shell";
import { useAdmin } from "./context";

export const Title = ({ children }: { children: string }) =>
  <ViewTitle tenant={useAdmin().tenantName}>{children}</ViewTitle>;
