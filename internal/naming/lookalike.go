package naming

// lookalikes maps the characters of shapes to their letter.
var lookalikes = invert(shapes)

// shapes lists, per lower-case ASCII letter, the folded characters that look
// like it, or whose capitals look like its capital. It is written by hand: variants and small
// capitals of Latin letters first, then letters of other scripts. What NFKC
// and folding map already (fullwidth, mathematical, circled letters) is not
// repeated, and i, l, 1 and | are one.
var shapes = map[rune]string{
	'a': "@ᴀɑⱥ" + "аαᎪᗅꓮⲁ𐊠𖽀",
	'b': "ʙɓƀƃ" + "вьβᏴᗷꓐⲃ𐊂𐌁",
	'c': "¢ᴄƈȼ" + "сᏟꓚⲥ𐐽𐌂",
	'd': "ᴅɖɗđƌð" + "ԁᎠᗞᗪꓓ",
	'e': "€ᴇɇ℮" + "еεᎬꓰⲉ𐊆ⴹ",
	'f': "ꜰƒꞙ" + "ϝꓝ𐊇ᖴ",
	'g': "ɢɡɠǥ" + "ԍցᏀꓖ",
	'h': "ʜɦħⱨ" + "нһηհᎻᕼꓧⲏ𐋏",
	'i': "l1|ıɪɩɨᵻᵼʟłƚɫɭǀ∣" + "іӏιᎥᏞꓲꓡⲓᛁ𐌉",
	'j': "ᴊȷɉʝ" + "јϳᎫᒍꓙ",
	'k': "ᴋƙⱪꝁ" + "кκᏦꓗⲕᛕ",
	'm': "ᴍɱ" + "мμϻᎷᗰꓟⲙ𐌑",
	'n': "ɴɲɳƞŋ" + "пνոռꓠⲛ𐔓",
	'o': "0ᴏøɵꝋⱺ" + "оөοσօᎾꓳⲟ𐐬𐓪𐊒ⵔჿ",
	'p': "ᴘƥᵽ" + "рρᏢᑭꓑⲣ𐊕",
	'q': "ʠɋꞯ" + "ԛգզⵕ",
	'r': "ʀɍɼɽɾ" + "гᎡᏒᖇꓣⲅ𐓜ᴦ",
	's': "$ꜱʂƽ" + "ѕᏚꓢ𐊖𐑈տ",
	't': "ᴛŧƭʈⱦ" + "тτᎢꓔⲧ𐊗𐌕",
	'u': "ᴜʉʋᵾꞟ" + "υսᑌꓴ𐓶ሀ",
	'v': "ᴠⱱ" + "ѵᏙᐯꓦⴸ",
	'w': "ᴡⱳɯ₩" + "ԝѡωաᎳᏔꓪ",
	'x': "ꭓ" + "хχ᙭ꓫⲭⵝ𐌗",
	'y': "ʏƴɏɣ¥" + "уүγᎩꓬⲩყ",
	'z': "ᴢƶʐȥ" + "ζᏃꓜ",
}

func invert(shapes map[rune]string) map[rune]rune {
	m := make(map[rune]rune)
	for letter, like := range shapes {
		for _, r := range like {
			m[r] = letter
		}
	}
	return m
}
