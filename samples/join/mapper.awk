#!/usr/bin/awk -f
# Customers are `id TAB name`, orders `order TAB customer TAB amount`; which file it is, the environment says.
BEGIN {
    FS = "\t"
    customers = ENVIRON["mapreduce_map_input_file"] ~ /customers/
}
{ sub(/\r$/, "") }
NF < 2 { next }
customers { print $1 "\tcustomer\t" $2; next }
{ print $2 "\torder\t" $1 "\t" $3 }
