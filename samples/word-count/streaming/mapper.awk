#!/usr/bin/awk -f
# One line "word TAB 1" for each word; two spaces in a row hold an empty word between them.
{
    gsub(/^[ \t\r\v\f]+|[ \t\r\v\f]+$/, "")
    if ($0 == "") {
        print "\t1"
        next
    }
    words = split($0, word, /[ ]/)
    for (i = 1; i <= words; i++)
        print word[i] "\t1"
}
